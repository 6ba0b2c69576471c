-- rule 11: a tissue specimen collected around the time between resistance and index
with index_lines as (
    select * from {{ ref('index_lines') }}
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
    where is_tissue
)

select
    specimens.specimen_id,
    specimens.patient_id,
    specimens.collected_on
from specimens
inner join index_lines
    on specimens.patient_id = index_lines.patient_id
    and specimens.collected_on between
    {{ add_days('index_lines.resistance_date', '-1 * ' ~ parameter('re_biopsy_before_days')) }}
    and {{ add_days('index_lines.index_date', parameter('re_biopsy_after_days')) }}
