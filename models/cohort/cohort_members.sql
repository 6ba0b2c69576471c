-- the cohort with hospital numbers and dates, for the work area only
with criteria as (
    select * from {{ ref('criteria') }}
    where excluded_by is null
),

patient_keys as (
    select * from {{ ref('patient_keys') }}
),

index_lines as (
    select * from {{ ref('index_lines') }}
),

baselines as (
    select * from {{ ref('baselines') }}
),

first_ici_lines as (
    select * from {{ ref('first_ici_lines') }}
),

pd_l1 as (
    select * from {{ ref('pd_l1_at_index') }}
),

best_responses as (
    select * from {{ ref('best_responses') }}
),

pfs as (
    select * from {{ ref('endpoint_times') }}
    where endpoint = 'pfs'
),

os as (
    select * from {{ ref('endpoint_times') }}
    where endpoint = 'os'
),

rebiopsied as (
    select distinct patient_id from {{ ref('re_biopsies') }}
)

select
    criteria.patient_id,
    patient_keys.patient_key,
    index_lines.index_date,
    index_lines.resistance_date,
    index_lines.arm,
    index_lines.regimen_class,
    index_lines.regimen,
    index_lines.line_number,
    index_lines.tki_continued,
    first_ici_lines.first_ici_on,
    baselines.age_at_index,
    baselines.sex,
    baselines.smoking,
    baselines.ecog_at_index,
    baselines.histology_class,
    baselines.brain_metastasis,
    baselines.prior_alk_tki_count,
    baselines.prior_alk_tki_generation,
    baselines.prior_lines,
    coalesce(pd_l1.status, 'unknown') as pd_l1_status,
    pd_l1.level as pd_l1_level,
    pd_l1.score as pd_l1_tps,
    coalesce(pd_l1.is_from_rebiopsy, false) as pd_l1_from_rebiopsy,
    rebiopsied.patient_id is not null as rebiopsied,
    pfs.days as pfs_days,
    pfs.is_event as pfs_event,
    pfs.end_reason as pfs_end_reason,
    os.days as os_days,
    os.is_event as os_event,
    coalesce(best_responses.best_response, 'NE') as best_response
from criteria
inner join patient_keys on criteria.patient_id = patient_keys.patient_id
inner join index_lines on criteria.patient_id = index_lines.patient_id
inner join baselines on criteria.patient_id = baselines.patient_id
inner join pfs on criteria.patient_id = pfs.patient_id
inner join os on criteria.patient_id = os.patient_id
left join first_ici_lines on criteria.patient_id = first_ici_lines.patient_id
left join pd_l1 on criteria.patient_id = pd_l1.patient_id
left join rebiopsied on criteria.patient_id = rebiopsied.patient_id
left join best_responses on criteria.patient_id = best_responses.patient_id
