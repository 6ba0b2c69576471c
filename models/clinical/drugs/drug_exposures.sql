-- given orders, one row an ingredient: a combination counts for each of its own; not given is no exposure
with orders as (
    select * from {{ ref('conformed_drug_orders') }}
    where is_given
),

texts as (
    select * from {{ ref('drug_texts') }}
),

ingredients as (
    select * from {{ ref('ingredients') }}
)

select
    orders.order_id,
    ingredients.ingredient,
    orders.patient_id,
    ingredients.drug_class,
    cast(ingredients.generation as integer) as generation,
    orders.started_on,
    orders.ended_on
from orders
inner join texts
    on orders.drug_name = texts.drug_text
    and coalesce(orders.drug_code, '') = texts.drug_code
inner join ingredients
    on texts.ingredient = ingredients.ingredient
