-- which markers a biomarker text is a test of. ALK: the test's name has ALK, or is a panel's and the result speaks of an ALK
-- fusion or rearrangement. PD-L1: the name has PD-L1. A text that the vocabulary has as a whole is read as what stands there for it.
{%- set names_pd_l1 = matches('test', 'pd[-_ ]?l[-_ ]?1') %}
{%- set names_tps = matches('test_and_method', '(?:^|[^a-z])(?:tps|tc)(?:[^a-z]|$)') %}
{%- set names_cps = matches('test_and_method', '(?:^|[^a-z])(?:cps|ic)(?:[^a-z]|$)') %}
{%- set alk_fusion = ' alk [^,;。]{0,20}(?:' ~ fusion() ~ ')|(?:' ~ fusion() ~ ')[^,;。]{0,20} alk ' %}
with biomarkers as (
    select * from {{ source('hospital', 'biomarkers') }}
),

terms as (
    select
        marker,
        {{ plain_text('term') }} as term,
        {{ plain_result('reads_as') }} as read_as
    from {{ ref('result_terms') }}
),

written as (
    select distinct
        test_name,
        method,
        result_text,
        {{ plain_text('test_name') }} as test,
        {{ plain_text("test_name || ' ' || method") }} as test_and_method,
        {{ blank_to_null('result_text') }} is null or result_text in ('/', '//') as is_blank,
        {{ plain_text('result_text') }} as whole_text,
        {{ plain_result('result_text') }} as plain
    from biomarkers
    where {{ matches(plain_text('test_name'), 'alk|pd[-_ ]?l[-_ ]?1|panel|ngs|套餐|多基因') }}
)

select
    written.test_name,
    written.method,
    written.result_text,
    'alk' as marker,
    written.test_and_method,
    written.is_blank,
    coalesce(terms.read_as, written.plain) as plain,
    '' as score_label
from written
left join terms
    on terms.marker = 'alk' and written.whole_text = terms.term
where {{ matches('test', 'alk(?:$|[^a])') }}
    or ({{ matches('test', 'panel|ngs|套餐|多基因') }} and {{ matches('plain', alk_fusion) }})

union all

select
    written.test_name,
    written.method,
    written.result_text,
    'pd_l1' as marker,
    written.test_and_method,
    written.is_blank,
    coalesce(terms.read_as, written.plain) as plain,
    -- the score that only the test's name or method tells
    case
        when {{ names_tps }} and not {{ names_cps }} then ' tps '
        when {{ names_cps }} and not {{ names_tps }} then ' cps '
        else ''
    end as score_label
from written
left join terms
    on terms.marker = 'pd_l1' and written.whole_text = terms.term
where {{ names_pd_l1 }}
