-- which markers a biomarker text is a test of. ALK: the test's name has ALK, or is a panel's and the result speaks of an ALK
-- fusion or rearrangement. PD-L1: the name has PD-L1.
{%- set names_pd_l1 = matches('test', 'pd[-_ ]?l[-_ ]?1') %}
{%- set names_tps = matches('test_and_method', '(?:^|[^a-z])(?:tps|tc)(?:[^a-z]|$)') %}
{%- set names_cps = matches('test_and_method', '(?:^|[^a-z])(?:cps|ic)(?:[^a-z]|$)') %}
{%- set alk_fusion = ' alk [^,;。]{0,20}(?:' ~ fusion() ~ ')|(?:' ~ fusion() ~ ')[^,;。]{0,20} alk ' %}
with biomarkers as (
    select * from {{ source('hospital', 'biomarkers') }}
),

written as (
    select distinct
        test_name,
        method,
        result_text,
        {{ plain_text('test_name') }} as test,
        {{ plain_text("test_name || ' ' || method") }} as test_and_method,
        {{ blank_to_null('result_text') }} is null or result_text in ('/', '//') as is_blank,
        {{ plain_result('result_text') }} as plain
    from biomarkers
    where {{ matches(plain_text('test_name'), 'alk|pd[-_ ]?l[-_ ]?1|panel|ngs|套餐|多基因') }}
)

select
    test_name,
    method,
    result_text,
    'alk' as marker,
    test_and_method,
    is_blank,
    plain,
    '' as score_label
from written
where {{ matches('test', 'alk(?:$|[^a])') }}
    or ({{ matches('test', 'panel|ngs|套餐|多基因') }} and {{ matches('plain', alk_fusion) }})

union all

select
    test_name,
    method,
    result_text,
    'pd_l1' as marker,
    test_and_method,
    is_blank,
    plain,
    -- the score that only the test's name or method tells
    case
        when {{ names_tps }} and not {{ names_cps }} then ' tps '
        when {{ names_cps }} and not {{ names_tps }} then ' cps '
        else ''
    end as score_label
from written
where {{ names_pd_l1 }}
