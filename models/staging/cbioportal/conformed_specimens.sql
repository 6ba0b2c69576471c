-- collected specimens. A sequencing is none: what is sequenced today may have been cut out years ago
with specimen_events as (
    select * from {{ ref('stg_cbioportal__timeline_specimen') }}
    where outcome = 'current' and is_collection
),

ranked as (
    select
        sample_id,
        patient_id,
        happened_on,
        is_tissue,
        row_number() over (
            partition by sample_id
            order by happened_on nulls last, row_key nulls last
        ) as event_number
    from specimen_events
)

select
    sample_id as specimen_id,
    patient_id,
    happened_on as collected_on,
    is_tissue
from ranked
where event_number = 1
