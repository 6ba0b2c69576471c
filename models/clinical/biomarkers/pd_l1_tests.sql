-- rule 10: evaluable PD-L1 tests with status and level
with biomarkers as (
    select
        *,
        {{ parameter('pd_l1_cut_off_percent') }} as cut_off
    from {{ ref('conformed_biomarkers') }}
    where marker = 'pd_l1' and result is not null
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
)

select
    biomarkers.test_id,
    biomarkers.patient_id,
    coalesce(specimens.collected_on, biomarkers.reported_on) as tested_on,
    biomarkers.specimen_id,
    case
        when biomarkers.result <> 'by_score' then biomarkers.result
        -- a range is positive if its lower bound is at least the cut-off
        when biomarkers.score_low >= biomarkers.cut_off then 'positive'
        else 'negative'
    end as status,
    -- a level only where the result lies wholly in one; words have none
    case
        when biomarkers.result <> 'by_score' then null
        when biomarkers.score_low >= 50 then '>=50'
        when
            biomarkers.score_low >= 1
            and (biomarkers.score_high < 50 or (biomarkers.score_high = 50 and biomarkers.score_high_open))
            then '1-49'
        when biomarkers.score_high < 1 or (biomarkers.score_high = 1 and biomarkers.score_high_open) then '<1'
    end as level,
    biomarkers.score
from biomarkers
left join specimens
    on biomarkers.specimen_id = specimens.specimen_id
