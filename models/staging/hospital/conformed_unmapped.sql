{%- set readings = [
    ('patients', 'smoking_status', 'smoking', 'unmapped_smoking'),
    ('diagnoses', 'histology_text', 'histology', 'unmapped_histology'),
    ('diagnoses', 'stage_text', 'stage', 'unmapped_stage'),
    ('medications', 'status', 'order_status', 'unmapped_status'),
    ('specimens', 'procedure_text', 'procedure', 'unmapped_procedure'),
    ('assessments', 'response_text', 'response', 'unmapped_response'),
] -%}
-- values of current rows that no vocabulary knows, for the data engineer; drug names are listed in unmapped_drugs
with biomarkers as (
    select * from {{ ref('stg_hospital__biomarkers') }}
    where outcome = 'current'
),

biomarker_texts as (
    select * from {{ ref('hospital_biomarker_texts') }}
    where not is_understood
),

unmapped as (
    {%- for table, column, domain, unmapped_column in readings %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        '{{ domain }}' as domain,
        {{ unmapped_column }} as raw_value
    from {{ ref('stg_hospital__' ~ table) }}
    where outcome = 'current' and {{ unmapped_column }} is not null
    union all
    {%- endfor %}
    select
        'biomarkers' as table_name,
        'result_text' as column_name,
        biomarker_texts.marker as domain,
        biomarkers.result_text as raw_value
    from biomarkers
    inner join biomarker_texts
        on biomarkers.test_name = biomarker_texts.test_name
        and biomarkers.method = biomarker_texts.method
        and biomarkers.result_text = biomarker_texts.result_text
)

select
    table_name,
    column_name,
    domain,
    raw_value,
    count(*) as rows
from unmapped
group by table_name, column_name, domain, raw_value
