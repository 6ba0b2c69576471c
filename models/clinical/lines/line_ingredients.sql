-- rule 5: the regimen of a line, one row an ingredient
with line_starts as (
    select * from {{ ref('line_starts') }}
),

line_eras as (
    select * from {{ ref('possible_line_eras') }}
)

select
    line_starts.patient_id,
    line_starts.line_number,
    line_eras.ingredient,
    line_eras.drug_class
from line_starts
inner join line_eras
    on line_starts.patient_id = line_eras.patient_id
    and line_starts.started_on = line_eras.line_start
where line_eras.is_in_regimen
group by line_starts.patient_id, line_starts.line_number, line_eras.ingredient, line_eras.drug_class
