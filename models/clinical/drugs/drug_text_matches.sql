-- what an order's text names: the longest term first (of two as long the left one), its text consumed, and so on until
-- nothing more is found. What was consumed is a blank to its neighbours, so s-1cddp gives cisplatin and then S-1.
-- The window in the recursive member is DuckDB's: another engine needs a loop over the steps, or a fixed number of them.
with recursive places as (
    select * from {{ ref('drug_text_places') }}
),

terms as (
    select * from {{ ref('drug_terms') }}
),

-- a step a term: what is left of the text, and the term just consumed
steps as (
    select distinct
        drug_text,
        drug_text as remaining,
        '' as term
    from places

    union all

    select
        steps.drug_text,
        {{ blank_out('steps.remaining', 'places.position', 'places.term') }} as remaining,
        places.term
    from steps
    inner join places
        on steps.drug_text = places.drug_text
    where
        substr(steps.remaining, places.position, length(places.term)) = places.term
        and {{ stands_free('left(places.term, 1)', "substr(' ' || steps.remaining, places.position, 1)") }}
        and {{ stands_free('right(places.term, 1)', 'substr(steps.remaining, places.position + length(places.term), 1)') }}
    qualify row_number() over (
        partition by steps.drug_text
        order by length(places.term) desc nulls last, places.position nulls last, places.term nulls last
    ) = 1
)

select distinct
    steps.drug_text,
    terms.term as synonym,
    terms.ingredient
from steps
inner join terms
    on steps.term = terms.term
