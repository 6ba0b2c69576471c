-- OS: the days with a record of a patient who took an ALK-TKI. A lost contact is none; one that speaks of the death
-- is marked, for it can't date the death
with records as (
    select patient_id, assessed_on as recorded_on, false as speaks_of_death
    from {{ ref('conformed_assessments') }}
    union all
    select patient_id, contacted_on, vital_status = 'dead' or coalesce(death_date, death_month) is not null
    from {{ ref('conformed_follow_ups') }}
    where vital_status <> 'lost'
    union all
    select patient_id, started_on, false
    from {{ ref('conformed_drug_orders') }}
    where is_given
    union all
    select patient_id, collected_on, false
    from {{ ref('conformed_specimens') }}
    union all
    select patient_id, active_on, false
    from {{ ref('conformed_activity') }}
    union all
    select patient_id, diagnosed_on, false
    from {{ ref('conformed_diagnoses') }}
    union all
    select patient_id, observed_on, false
    from {{ ref('conformed_performance_status') }}
),

alk_tki_patients as (
    select * from {{ ref('alk_tki_patients') }}
)

select
    records.patient_id,
    records.recorded_on,
    bool_and(records.speaks_of_death) as speaks_of_death_only
from records
inner join alk_tki_patients
    on records.patient_id = alk_tki_patients.patient_id
group by records.patient_id, records.recorded_on
