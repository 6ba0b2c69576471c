-- for the data engineer: what orders call a drug that neither a term nor a code knows, with the number of orders. The
-- 200 most frequent come with the likest term, as a hint of what to add; one character makes another drug, so it is no match.
with orders as (
    select
        drug_name as drug_text,
        coalesce(drug_code, '') as drug_code
    from {{ ref('conformed_drug_orders') }}
),

named as (
    select * from {{ ref('drug_text_matches') }}
),

classified as (
    select * from {{ ref('drug_texts') }}
),

terms as (
    select * from {{ ref('drug_terms') }}
),

unmapped as (
    select
        drug_text,
        drug_code,
        count(*) as rows
    from orders
    where
        not exists (
            select 1
            from named
            where named.drug_text = orders.drug_text
        )
        and not exists (
            select 1
            from classified
            where classified.drug_text = orders.drug_text and classified.drug_code = orders.drug_code
        )
    group by drug_text, drug_code
),

-- the name alone, without dose and brackets
frequent as (
    select
        drug_text,
        drug_code,
        {{ regex_replace_all('drug_text', ' *([0-9(].*)?$') }} as name_part
    from unmapped
    qualify row_number() over (order by rows desc nulls last, drug_text nulls last, drug_code nulls last) <= 200
),

likest as (
    select
        frequent.drug_text,
        frequent.drug_code,
        terms.term as nearest
    from frequent
    inner join terms
        on {{ edit_similarity('frequent.name_part', 'terms.term') }} >= 0.5
    qualify row_number() over (
        partition by frequent.drug_text, frequent.drug_code
        order by
            {{ edit_similarity('frequent.name_part', 'terms.term') }} desc nulls last,
            terms.term nulls last,
            terms.ingredient nulls last
    ) = 1
)

select
    unmapped.drug_text,
    unmapped.drug_code,
    unmapped.rows,
    likest.nearest
from unmapped
left join likest
    on unmapped.drug_text = likest.drug_text
    and unmapped.drug_code = likest.drug_code
