-- what a response text means: a known term, alone or followed by a remark after a blank, comma, semicolon or bracket.
-- "PD?" is no term of the vocabulary and stays unmapped.
with assessments as (
    select * from {{ source('hospital', 'assessments') }}
),

terms as (
    select
        {{ plain_text('term') }} as term,
        meaning
    from {{ ref('hospital_terms') }}
    where domain = 'response'
),

written as (
    select distinct
        response_text,
        {{ plain_text('response_text') }} as plain
    from assessments
),

-- the longest term first
ranked as (
    select
        written.response_text,
        terms.meaning,
        row_number() over (
            partition by written.response_text
            order by length(terms.term) desc nulls last, terms.term nulls last
        ) as place
    from written
    left join terms
        on substr(written.plain, 1, length(terms.term)) = terms.term
        and substr(written.plain, length(terms.term) + 1, 1) in ('', ' ', ',', ';', '、', '(', '[', '{', '<', '【', '〔', '「', '《')
)

select
    response_text,
    meaning as response
from ranked
where place = 1
