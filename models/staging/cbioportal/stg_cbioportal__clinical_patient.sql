{%- set columns = ['patient_id', 'gender', 'sex', 'smoking_predictions_3_classes', 'os_months', 'os_status'] -%}
{%- set checks = study_checks(
    required=['patient_id'],
    patient=none,
    extra=[
        ['unreadable_value', 'os_status', stated('os_status') ~ ' is not null and vital_status is null'],
        ['unreadable_value', 'os_months', stated('os_months') ~ ' is not null and os_months_read is null'],
        ['impossible_value', 'os_months', 'not os_months_read between 0 and 1200'],
        ['dead_without_date', 'os_months', "vital_status = 'dead' and os_months_read is null"],
    ],
) -%}
with versions as (
    {{ study_rows('clinical_patient', columns, key='patient_id') }}
),

typed as (
    select
        versions.*,
        coalesce({{ stated('gender') }}, {{ stated('sex') }}) as sex_text,
        {{ stated('smoking_predictions_3_classes') }} as smoking_text,
        -- 0:LIVING and 1:DECEASED; folders of before 2020 write the word alone
        case
            when lower(os_status) in ('0:living', 'living') then 'alive'
            when lower(os_status) in ('1:deceased', 'deceased') then 'dead'
        end as vital_status,
        case when {{ matches('os_months', '^-?[0-9]*[.]?[0-9]+$') }} then try_cast(os_months as double) end as os_months_read
    from versions
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
    case lower(sex_text) when 'female' then 'female' when 'male' then 'male' end as sex,
    case lower(smoking_text) when 'never' then 'never' when 'former/current smoker' then 'ever' else 'unknown' end as smoking,
    vital_status,
    -- OS_MONTHS counts from the first sequencing, in twelfths of 365 days; half a day up. Rows that are set aside stand here
    -- too, with any number
    try_cast(floor(os_months_read * 365 / 12 + 0.5) as integer) as os_day,
    case when lower(sex_text) not in ('female', 'male') then sex_text end as unmapped_sex,
    case when lower(smoking_text) not in ('never', 'former/current smoker') then smoking_text end as unmapped_smoking
from judged
