-- rule 12: what is known of a patient at the index date
with index_lines as (
    select * from {{ ref('index_lines') }}
),

patients as (
    select * from {{ ref('conformed_patients') }}
),

ecog as (
    select * from {{ ref('ecog_at_index') }}
),

histologies as (
    select * from {{ ref('histology_at_index') }}
),

-- routine codes: who has none may still have a metastasis that nobody coded
brain_metastases as (
    select distinct index_lines.patient_id
    from index_lines
    inner join {{ ref('conformed_diagnoses') }} as diagnoses
        on index_lines.patient_id = diagnoses.patient_id
        and diagnoses.diagnosed_on <= index_lines.index_date
    where replace(diagnoses.icd10_code, '.', '') like 'C793%'
),

alk_tki_eras as (
    select * from {{ ref('drug_eras') }}
    where drug_class = 'alk_tki'
),

prior_alk_tkis as (
    select
        index_lines.patient_id,
        count(distinct alk_tki_eras.ingredient) as alk_tkis,
        max(alk_tki_eras.generation) as highest_generation
    from index_lines
    inner join alk_tki_eras
        on index_lines.patient_id = alk_tki_eras.patient_id
        and alk_tki_eras.started_on < index_lines.index_date
    group by index_lines.patient_id
)

select
    index_lines.patient_id,
    patients.sex,
    patients.smoking,
    {{ completed_years('patients.birth_date', 'index_lines.index_date') }} as age_at_index,
    ecog.ecog as ecog_at_index,
    coalesce(histologies.histology_class, 'unknown') as histology_class,
    brain_metastases.patient_id is not null as brain_metastasis,
    coalesce(prior_alk_tkis.alk_tkis, 0) as prior_alk_tki_count,
    prior_alk_tkis.highest_generation as prior_alk_tki_generation,
    index_lines.line_number - 1 as prior_lines
from index_lines
inner join patients on index_lines.patient_id = patients.patient_id
left join ecog on index_lines.patient_id = ecog.patient_id
left join histologies on index_lines.patient_id = histologies.patient_id
left join brain_metastases on index_lines.patient_id = brain_metastases.patient_id
left join prior_alk_tkis on index_lines.patient_id = prior_alk_tkis.patient_id
