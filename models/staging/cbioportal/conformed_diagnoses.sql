-- three files speak of diagnoses: the registry of the primary tumour, the samples of the kind of cancer, and the radiology
-- reports of where it has spread
with registry as (
    select * from {{ ref('stg_cbioportal__timeline_diagnosis') }}
    where outcome = 'current' and icd10_code is not null
),

morphologies as (
    select * from {{ ref('cbioportal_morphologies') }}
),

samples as (
    select * from {{ ref('stg_cbioportal__clinical_sample') }}
    where outcome = 'current' and is_lung_cancer
),

findings as (
    select * from {{ ref('stg_cbioportal__timeline_tumor_sites') }}
    where outcome = 'current' and icd10_code is not null
)

select
    registry.diagnosis_id,
    registry.patient_id,
    registry.diagnosed_on,
    registry.icd10_code,
    registry.is_small_cell,
    morphologies.histology_class,
    registry.stage_group
from registry
left join morphologies
    on registry.morphology between morphologies.first_code and morphologies.last_code

union all

-- a lung cancer sample is a lung cancer known by the day of its sequencing, whatever the registry has
select
    'clinical_sample:' || sample_id as diagnosis_id,
    patient_id,
    sequenced_on as diagnosed_on,
    'C34' as icd10_code,
    is_small_cell,
    histology_class,
    cast(null as {{ dbt.type_string() }}) as stage_group
from samples

union all

-- every report of a distant site; the first is the advanced date where the registry has no stage 4 before it
select
    finding_id as diagnosis_id,
    patient_id,
    seen_on as diagnosed_on,
    icd10_code,
    false as is_small_cell,
    cast(null as {{ dbt.type_string() }}) as histology_class,
    cast(null as {{ dbt.type_string() }}) as stage_group
from findings
