-- ALK events of the structural variants, and PD-L1 in a word
with structural_variants as (
    select * from {{ ref('stg_cbioportal__sv') }}
    where outcome = 'current' and is_alk_event
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
),

pd_l1 as (
    select * from {{ ref('stg_cbioportal__timeline_pdl1') }}
    where outcome = 'current'
),

results as (
    select
        structural_variants.test_id,
        structural_variants.patient_id,
        'alk' as marker,
        structural_variants.reported_on,
        specimens.specimen_id,
        case when structural_variants.is_rearrangement then 'positive' else 'negative' end as result
    from structural_variants
    left join specimens
        on structural_variants.sample_id = specimens.specimen_id
        and structural_variants.patient_id = specimens.patient_id

    union all

    select
        test_id,
        patient_id,
        'pd_l1' as marker,
        reported_on,
        cast(null as {{ dbt.type_string() }}) as specimen_id,
        result
    from pd_l1
)

select
    results.*,
    cast(null as double) as score,
    cast(null as double) as score_low,
    false as score_low_open,
    cast(null as double) as score_high,
    false as score_high_open
from results
