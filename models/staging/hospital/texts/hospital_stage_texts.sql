-- what a stage text means: what the vocabulary says of the whole text; else the highest stage group that it names, and stage IV
-- for any M1. Of a TNM string only M1 is used.
with diagnoses as (
    select * from {{ source('hospital', 'diagnoses') }}
),

terms as (
    select
        {{ plain_text('term') }} as term,
        meaning
    from {{ ref('hospital_terms') }}
    where domain = 'stage'
),

written as (
    select distinct
        stage_text,
        {{ plain_text('stage_text') }} as plain
    from diagnoses
),

read as (
    select
        stage_text,
        plain,
        {{ matches('plain', '(?:^|[^a-z0-9])[acpry]*t(?:is|[0-4x])') }} as is_tnm,
        case
            -- M1, M1a, M1c2, after a sign, a digit or the N category; 3cm1 is none
            when {{ matches('plain', '(?:^|[^a-z0-9]|n[0-3x][abc]?|(?:^|[^a-z0-9]|n[0-3x][abc]?)[acpry]+)m1(?:[abc][12]?)?(?:[^a-z0-9?]|$)') }} then 'IV'
            {%- for roman, digit, letter in [
                ('iv', '4', '[abc]?'),
                ('iii', '3', 'c'), ('iii', '3', 'b'), ('iii', '3', 'a'), ('iii', '3', ''),
                ('ii', '2', 'b'), ('ii', '2', 'a'), ('ii', '2', ''),
                ('i', '1', 'b'), ('i', '1', 'a'), ('i', '1', ''),
            ] %}
            when {{ matches('plain', stage_pattern(roman, digit, letter)) }} then '{{ roman | upper }}{{ letter | upper if letter | length == 1 }}'
            {%- endfor %}
        end as stage_group
    from written
)

select
    read.stage_text,
    case when terms.term is null then read.stage_group else nullif(terms.meaning, 'none') end as stage_group,
    terms.term is not null or read.stage_group is not null or read.is_tnm or {{ blank_to_null('read.stage_text') }} is null as is_known
from read
left join terms
    on read.plain = terms.term
