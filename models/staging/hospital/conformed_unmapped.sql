{%- set readings = [
    ('patients', 'smoking_status', 'unmapped_smoking'),
    ('diagnoses', 'histology_text', 'unmapped_histology'),
    ('diagnoses', 'stage_text', 'unmapped_stage'),
    ('medications', 'status', 'unmapped_status'),
    ('specimens', 'procedure_text', 'unmapped_procedure'),
    ('assessments', 'response_text', 'unmapped_response'),
] -%}
-- values of current rows that no vocabulary knows, for the data engineer; drug names are listed in unmapped_drugs
with unmapped as (
    {%- for table, column, unmapped_column in readings %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        {{ unmapped_column }} as raw_value
    from {{ ref('stg_hospital__' ~ table) }}
    where outcome = 'current' and {{ unmapped_column }} is not null
    union all
    {%- endfor %}
    select
        'biomarkers' as table_name,
        'result_text' as column_name,
        biomarkers.result_text as raw_value
    from {{ ref('stg_hospital__biomarkers') }} as biomarkers
    inner join {{ ref('hospital_biomarker_texts') }} as texts
        on biomarkers.test_name = texts.test_name
        and biomarkers.method = texts.method
        and biomarkers.result_text = texts.result_text
    where biomarkers.outcome = 'current' and not texts.is_understood
)

select
    table_name,
    column_name,
    raw_value,
    count(*) as rows
from unmapped
group by table_name, column_name, raw_value
