-- rule 5: the eras that lines are built from. One that ends before the advanced date forms no line,
-- one that runs across it starts on it
with eras as (
    select * from {{ ref('drug_eras') }}
),

alk_tki_patients as (
    select * from {{ ref('alk_tki_patients') }}
),

advanced as (
    select * from {{ ref('advanced_disease') }}
),

ingredients as (
    select * from {{ ref('ingredients') }}
)

select
    eras.patient_id,
    eras.ingredient,
    greatest(eras.started_on, advanced.advanced_on) as started_on,
    eras.ended_on,
    eras.drug_class,
    -- drugs of one exchange group stand for each other, here and not for eras
    coalesce(ingredients.exchange_group, eras.ingredient) as exchange_group
from eras
inner join alk_tki_patients
    on eras.patient_id = alk_tki_patients.patient_id
inner join advanced
    on eras.patient_id = advanced.patient_id
inner join ingredients
    on eras.ingredient = ingredients.ingredient
where eras.ended_on >= advanced.advanced_on
