{%- set columns = ['patient_id', 'sample_id', 'cancer_type', 'cancer_type_detailed', 'oncotree_code'] -%}
{#- a sample that the specimen timeline doesn't name has no day, so its cancer type can't be dated -#}
{%- set undated = ['missing_value', 'sample_id', 'sequenced_on is null'] -%}
{%- set checks = study_checks(required=['patient_id', 'sample_id'], extra=[undated]) -%}
with versions as (
    {{ study_rows('clinical_sample', columns, key='sample_id') }}
),

patients as (
    select * from {{ ref('stg_cbioportal__clinical_patient') }}
    where outcome = 'current'
),

samples as (
    select * from {{ ref('cbioportal_sequenced_samples') }}
),

lung_cancers as (
    select * from {{ ref('cbioportal_oncotree') }}
),

typed as (
    select
        versions.*,
        patients.patient_id is not null as patient_known,
        samples.sequenced_on,
        -- the main types of OncoTree that arise in the lung: non-small cell, small cell, and lung cancer of neither
        {{ matches('lower(versions.cancer_type)', 'lung cancer') }} as is_lung_cancer,
        lower(versions.cancer_type || ' ' || versions.cancer_type_detailed) as cancer_text,
        {{ stated('versions.oncotree_code') }} as oncotree,
        lung_cancers.histology_class
    from versions
    left join patients
        on versions.patient_id = patients.patient_id
    left join samples
        on versions.sample_id = samples.sample_id
        and versions.patient_id = samples.patient_id
    left join lung_cancers
        on upper(versions.oncotree_code) = lung_cancers.oncotree_code
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    patient_id,
    sample_id,
    sequenced_on,
    is_lung_cancer,
    {{ is_small_cell_text('cancer_text') }} as is_small_cell,
    histology_class,
    case when is_lung_cancer and histology_class is null then oncotree end as unmapped_oncotree
from judged
