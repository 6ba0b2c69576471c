-- where the letters of a term stand in an order's text, whatever their neighbours: found by its first two characters
with texts as (
    select distinct drug_name as drug_text
    from {{ ref('conformed_drug_orders') }}
    where drug_name <> ''
),

terms as (
    select distinct term
    from {{ ref('drug_terms') }}
),

positions as (
    select
        drug_text,
        {{ text_positions('drug_text') }} as position
    from texts
)

select
    positions.drug_text,
    positions.position,
    terms.term
from positions
inner join terms
    on substr(positions.drug_text, positions.position, 2) = substr(terms.term, 1, 2)
where substr(positions.drug_text, positions.position, length(terms.term)) = terms.term
