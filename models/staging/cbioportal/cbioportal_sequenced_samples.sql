-- whose each sample is, and the day that its results count from: its sequencing, or its collection where only that is known
with specimen_events as (
    select * from {{ ref('stg_cbioportal__timeline_specimen') }}
    where outcome = 'current' and (is_sequencing or is_collection)
),

ranked as (
    select
        sample_id,
        patient_id,
        happened_on,
        row_number() over (
            partition by sample_id
            order by is_sequencing desc nulls last, happened_on nulls last, patient_id nulls last, row_key nulls last
        ) as event_number
    from specimen_events
)

select
    sample_id,
    patient_id,
    happened_on as sequenced_on
from ranked
where event_number = 1
