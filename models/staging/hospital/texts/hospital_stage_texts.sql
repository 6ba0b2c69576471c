-- what a stage text means: the highest stage group that it names, and stage IV for any M1. Of a TNM string only M1 is used.
with diagnoses as (
    select * from {{ source('hospital', 'diagnoses') }}
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
    stage_text,
    stage_group,
    stage_group is not null or is_tnm or {{ blank_to_null('stage_text') }} is null as is_known
from read
