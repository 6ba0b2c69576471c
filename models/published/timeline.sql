-- the events of the cohort's patients in days from the index date; every detail comes from a vocabulary
with members as (
    select * from {{ ref('cohort_members') }}
),

events as (
    select patient_id, advanced_on as happened_on, 'advanced_disease' as event_type, cast(null as {{ dbt.type_string() }}) as detail
    from {{ ref('advanced_disease') }}
    union
    select patient_id, started_on, 'line_start', regimen
    from {{ ref('treatment_lines') }}
    union
    select patient_id, ended_on, 'line_end', regimen
    from {{ ref('treatment_lines') }}
    union
    select patient_id, started_on, 'drug_start', ingredient
    from {{ ref('drug_eras') }}
    union
    select patient_id, ended_on, 'drug_end', ingredient
    from {{ ref('drug_eras') }}
    union
    select patient_id, assessed_on, 'assessment', response
    from {{ ref('assessment_days') }}
    union
    select patient_id, resistance_on, 'resistance', cast(null as {{ dbt.type_string() }})
    from {{ ref('resistance_events') }}
    union
    select patient_id, collected_on, 'specimen', case when is_tissue then 'tissue' else 'other' end
    from {{ ref('conformed_specimens') }}
    union
    select patient_id, tested_on, 'alk_test', case when is_positive then 'positive' else 'not positive' end
    from {{ ref('alk_tests') }}
    union
    select patient_id, tested_on, 'pd_l1_test', status
    from {{ ref('pd_l1_tests') }}
    union
    select patient_id, observed_on, 'ecog', cast(ecog as {{ dbt.type_string() }})
    from {{ ref('conformed_performance_status') }}
    union
    select patient_id, died_on, 'death', cast(null as {{ dbt.type_string() }})
    from {{ ref('follow_up_after_index') }}
    where died_on is not null
)

select
    members.patient_key,
    {{ days_between('events.happened_on', 'members.index_date') }} as day,
    events.event_type,
    events.detail
from members
inner join events
    on members.patient_id = events.patient_id
