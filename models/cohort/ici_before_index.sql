-- orders of immunotherapy begun before the index date
with index_lines as (
    select * from {{ ref('index_lines') }}
),

exposures as (
    select * from {{ ref('drug_exposures') }}
    where drug_class = 'ici'
)

select
    index_lines.patient_id,
    count(*) as orders
from index_lines
inner join exposures
    on index_lines.patient_id = exposures.patient_id
    and exposures.started_on < index_lines.index_date
group by index_lines.patient_id
