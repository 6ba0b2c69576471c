-- the ingredients of each pair of drug text and code that orders bear: all that the text names; only where it names none,
-- all that bear the code (L01CD01 is all four paclitaxels).
with pairs as (
    select distinct
        drug_name as drug_text,
        coalesce(drug_code, '') as drug_code
    from {{ ref('conformed_drug_orders') }}
),

named as (
    select distinct
        drug_text,
        ingredient
    from {{ ref('drug_text_matches') }}
    where ingredient is not null
),

codes as (
    select
        atc_code as code,
        ingredient
    from {{ ref('ingredients') }}
    where atc_code <> ''

    union

    select
        rxnorm_cui as code,
        ingredient
    from {{ ref('ingredients') }}
    where rxnorm_cui <> ''
)

select
    pairs.drug_text,
    pairs.drug_code,
    named.ingredient
from pairs
inner join named
    on pairs.drug_text = named.drug_text

union all

select
    pairs.drug_text,
    pairs.drug_code,
    codes.ingredient
from pairs
inner join codes
    on upper(trim(pairs.drug_code)) = codes.code
where not exists (
    select 1
    from named
    where named.drug_text = pairs.drug_text
)
