-- What a study folder can say. It has days, but no dates; today's age, but none at a day; PD-L1 as a word, if at all;
-- never why a specimen was taken, and never how far a tumour shrank
with pd_l1 as (
    select count(*) > 0 as is_available
    from {{ ref('stg_cbioportal__timeline_pdl1') }}
    where outcome = 'current'
),

follow_up as (
    select count(*) > 0 as is_available
    from {{ ref('conformed_follow_ups') }}
)

select 'calendar_dates' as capability, false as is_available
union all
select 'age' as capability, false as is_available
union all
select 'pd_l1_score' as capability, false as is_available
union all
select 're_biopsy_reason' as capability, false as is_available
union all
select 'response_grade' as capability, false as is_available
union all
select 'pd_l1_status' as capability, is_available from pd_l1
union all
select 'follow_up_contacts' as capability, is_available from follow_up
