with biomarkers as (
    select * from {{ ref('stg_hospital__biomarkers') }}
    where outcome = 'current'
),

texts as (
    select * from {{ ref('hospital_biomarker_texts') }}
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    biomarkers.test_id,
    biomarkers.patient_id,
    texts.marker,
    biomarkers.reported_on,
    -- a specimen that nobody or another patient bears is read as blank
    specimens.specimen_id,
    texts.result,
    texts.score,
    texts.score_low,
    texts.score_low_open,
    texts.score_high,
    texts.score_high_open
from biomarkers
inner join texts
    on biomarkers.test_name = texts.test_name
    and biomarkers.method = texts.method
    and biomarkers.result_text = texts.result_text
cross join coverage
left join specimens
    on biomarkers.specimen_id = specimens.specimen_id
    and biomarkers.patient_id = specimens.patient_id
where biomarkers.reported_on <= coverage.data_cut_off
