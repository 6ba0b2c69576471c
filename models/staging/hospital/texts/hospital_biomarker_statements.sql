-- what each biomarker text says of the marker, and nothing of what it says of others (macros/biomarker_text.sql)
with tests as (
    select * from {{ ref('hospital_biomarker_tests') }}
),

marked as (
    select
        *,
        case marker
            when 'alk' then {{ mark_stains('plain', [[' alk ', '§']]) }}
            else {{ mark_stains('score_label || plain', [[' pdl1 ', '§'], [' tps ', '§tps ']]) }}
        end as marked_text
    from tests
),

bound as (
    select
        *,
        {{ bind_negations('marked_text') }} as bound_text
    from marked
),

listed as (
    select
        *,
        {{ bind_listed_negations('bound_text') }} as listed_text
    from bound
),

owned as (
    select
        *,
        {{ own_words('listed_text') }} as owned_text
    from listed
),

-- a text that names the marker says nothing of it in the clauses before, unless a percentage stands there; one that doesn't
-- speaks of it up to the first other stain
stated as (
    select
        *,
        case
            -- a score is of the marker, and so is a verdict before it that names no stain
            when {{ matches('owned_text', '^[^§◇¬○]*§ *tps') }} then '§ ' || owned_text
            when {{ matches('listed_text', '[§◇¬]') }} then {{ rewrite('owned_text', [['^[^§◇¬%]*○', '○'], ['^[^§◇¬%○]*[,;。]', '']]) }}
            else '§ ' || owned_text
        end as own_text
    from owned
)

select
    test_name,
    method,
    result_text,
    marker,
    test_and_method,
    is_blank,
    plain,
    score_label,
    own_text,
    {{ unnegated('own_text') }} as unnegated_text,
    -- known words, but all of another stain, score or mutation
    {{ matches('own_text', '○') }} and {{ matches('own_text', '^(?:tps|[§○ ,;:。()、])*$') }} as is_of_others
from stated
