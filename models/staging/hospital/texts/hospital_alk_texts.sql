-- the result of an ALK test (rule 1): negation first, then doubt, a percentage of split cells, a fusion, a positive word
with statements as (
    select * from {{ ref('hospital_biomarker_statements') }}
    where marker = 'alk'
),

-- a percentage counts for FISH only: by the test's name or method, or by the text
by_method as (
    select
        *,
        {{ matches('test_and_method', 'fish|原位杂交|break') }}
        or {{ matches('plain', '原位杂交|分离|断裂| split | break') }}
        or ({{ matches('plain', ' fish ') }} and not {{ matches('test_and_method', 'ngs|pcr|测序') }}) as is_fish
    from statements
),

measured as (
    select
        *,
        case when is_fish
            then {{ regex_extract('unnegated_text', '(?:[<>]=? *)?[0-9]+(?:[.][0-9]+)? *%? *(?:[-~至] *[0-9.]+ *)?%') }}
        end as share
    from by_method
),

judged as (
    select
        *,
        coalesce({{ matches('share', '^<') }}, false) as is_below,
        try_cast({{ regex_extract('share', '[0-9]+(?:[.][0-9]+)?') }} as double) as percent,
        {{ matches('unnegated_text', positive() ~ '|' ~ detected()) }} as is_positive,
        {{ matches('unnegated_text', doubt() ~ '|' ~ not_evaluable()) }} as is_doubtful
    from measured
),

settled as (
    select
        *,
        case
            when is_blank then null
            when {{ matches('unnegated_text', '¬') }} and percent is null and not is_positive then 'negative'
            when is_doubtful then null
            when percent < {{ parameter('alk_fish_percent') }} then 'negative'
            when is_below then case when percent = {{ parameter('alk_fish_percent') }} then 'negative' end
            when percent is not null or is_positive or {{ matches('unnegated_text', fusion()) }} then 'positive'
        end as result
    from judged
)

select
    test_name,
    method,
    result_text,
    result,
    result is not null or is_blank or is_doubtful or is_below or is_of_others as is_understood
from settled
