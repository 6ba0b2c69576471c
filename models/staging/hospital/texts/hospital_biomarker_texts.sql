-- what each biomarker text says, one row a marker that its test is for. A PD-L1 number is judged against the protocol's cut-off
-- elsewhere; a text that says nothing the vocabulary knows is listed as unmapped (not is_understood).
with alk as (
    select * from {{ ref('hospital_alk_texts') }}
),

pd_l1 as (
    select * from {{ ref('hospital_pd_l1_texts') }}
)

select
    test_name,
    method,
    result_text,
    'alk' as marker,
    result,
    cast(null as double) as score,
    cast(null as double) as score_low,
    false as score_low_open,
    cast(null as double) as score_high,
    false as score_high_open,
    false as is_impossible,
    is_understood
from alk

union all

select
    test_name,
    method,
    result_text,
    'pd_l1' as marker,
    result,
    score,
    score_low,
    score_low_open,
    score_high,
    score_high_open,
    is_impossible,
    is_understood
from pd_l1
