-- rule 10: evaluable PD-L1 tests with status and level. Words and ranges were reported with 1 % in mind: at another cut-off a
-- word, and a range that straddles it, take no part
with biomarkers as (
    select
        *,
        {{ parameter('pd_l1_cut_off_percent') }} as cut_off
    from {{ ref('conformed_biomarkers') }}
    where marker = 'pd_l1' and result is not null
),

decided as (
    select *
    from biomarkers
    where
        cut_off = 1
        or (
            result = 'by_score'
            and (score_low >= cut_off or score_high < cut_off or (score_high = cut_off and score_high_open))
        )
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
)

select
    decided.test_id,
    decided.patient_id,
    coalesce(specimens.collected_on, decided.reported_on) as tested_on,
    decided.specimen_id,
    case
        when decided.result <> 'by_score' then decided.result
        -- a range is positive if its lower bound is at least the cut-off
        when decided.score_low >= decided.cut_off then 'positive'
        else 'negative'
    end as status,
    -- a level only where the result lies wholly in one; words have none
    case
        when decided.result <> 'by_score' then null
        when decided.score_low >= 50 then '>=50'
        when
            decided.score_low >= 1
            and (decided.score_high < 50 or (decided.score_high = 50 and decided.score_high_open))
            then '1-49'
        when decided.score_high < 1 or (decided.score_high = 1 and decided.score_high_open) then '<1'
    end as level,
    decided.score
from decided
left join specimens
    on decided.specimen_id = specimens.specimen_id
