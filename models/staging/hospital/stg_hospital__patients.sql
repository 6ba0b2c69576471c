{%- set columns = ['patient_id', 'name', 'national_id', 'sex', 'birth_date', 'phone', 'address', 'smoking_status'] -%}
{%- set checks = contract_checks(
    required=['patient_id', 'sex', 'birth_date'],
    dates=['birth_date'],
    patient=none,
    extra=[['unreadable_value', 'sex', 'sex_read is null']],
) -%}
with versions as (
    {{ row_versions('patients', columns) }}
),

terms as (
    select * from {{ ref('hospital_terms') }}
),

typed as (
    select
        versions.*,
        sexes.meaning as sex_read,
        {{ read_date('versions.birth_date', 'versions.date_order') }} as birth_date_read,
        {{ blank_to_null('versions.smoking_status') }} as smoking_text,
        smoking.meaning as smoking_read
    from versions
    left join terms as sexes
        on sexes.domain = 'sex' and lower(versions.sex) = lower(sexes.term)
    left join terms as smoking
        on smoking.domain = 'smoking' and lower(versions.smoking_status) = lower(smoking.term)
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as patient_id,
    sex_read as sex,
    birth_date_read as birth_date,
    coalesce(smoking_read, 'unknown') as smoking,
    case when smoking_read is null then smoking_text end as unmapped_smoking
from judged
