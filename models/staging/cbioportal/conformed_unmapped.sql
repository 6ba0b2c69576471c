{%- set readings = [
    ('clinical_patient', 'gender', 'unmapped_sex'),
    ('clinical_patient', 'smoking_predictions_3_classes', 'unmapped_smoking'),
    ('clinical_sample', 'oncotree_code', 'unmapped_oncotree'),
    ('timeline_diagnosis', 'dx_description', 'unmapped_description'),
    ('timeline_diagnosis', 'stage_cdm_derived', 'unmapped_stage'),
    ('timeline_pdl1', 'pdl1_positive', 'unmapped_result'),
    ('timeline_progression', 'progression', 'unmapped_progression'),
    ('timeline_specimen', 'event_type', 'unmapped_event'),
    ('timeline_tumor_sites', 'tumor_site', 'unmapped_site'),
] -%}
-- words of current rows that this folder doesn't know, for the data engineer; drug names are listed in unmapped_drugs
with unmapped as (
    {%- for table, column, unmapped_column in readings %}
    select
        '{{ table }}' as table_name,
        '{{ column }}' as column_name,
        -- this folder's words are read by its own models, no vocabulary has a part for them
        '{{ column }}' as domain,
        {{ unmapped_column }} as raw_value
    from {{ ref('stg_cbioportal__' ~ table) }}
    where outcome = 'current' and {{ unmapped_column }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    table_name,
    column_name,
    domain,
    raw_value,
    count(*) as rows
from unmapped
group by table_name, column_name, domain, raw_value
