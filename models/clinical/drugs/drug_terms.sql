-- every text that names a drug: an ingredient's own name, its synonyms, and the regimens and class words. A regimen has a
-- row a component; a class word, and a regimen whose components are in doubt, has one row without an ingredient.
with ingredients as (
    select * from {{ ref('ingredients') }}
),

synonyms as (
    select * from {{ ref('drug_synonyms') }}
),

regimens as (
    select * from {{ ref('regimen_terms') }}
)

select
    lower(ingredient) as term,
    'name' as kind,
    ingredient
from ingredients

union

select
    lower(synonym) as term,
    'name' as kind,
    ingredient
from synonyms

union

select
    lower(regimens.term) as term,
    regimens.kind,
    ingredients.ingredient
from regimens
left join ingredients
    on instr('|' || regimens.component_ingredients || '|', '|' || ingredients.ingredient || '|') > 0
