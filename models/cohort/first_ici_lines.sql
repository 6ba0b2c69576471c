-- when immunotherapy began: the first line with one from the index line on; for the analysis by any later immunotherapy
with index_lines as (
    select * from {{ ref('index_lines') }}
),

lines as (
    select * from {{ ref('treatment_lines') }}
    where has_ici
)

select
    index_lines.patient_id,
    min(lines.started_on) as first_ici_on
from index_lines
inner join lines
    on index_lines.patient_id = lines.patient_id
    and lines.line_number >= index_lines.line_number
group by index_lines.patient_id
