-- whether a procedure takes tissue (rule 11: biopsy, resection or cytology). Blood and plasma never do, whatever else the
-- text says: a liquid biopsy is none.
with specimens as (
    select * from {{ source('hospital', 'specimens') }}
),

terms as (
    select
        {{ plain_text('term') }} as term,
        is_tissue
    from {{ ref('procedure_terms') }}
),

written as (
    select distinct
        procedure_text,
        {{ plain_text('procedure_text') }} as plain
    from specimens
)

select
    written.procedure_text,
    coalesce(min(case terms.is_tissue when 'true' then 1 when 'false' then 0 end), 0) = 1 as is_tissue,
    count(terms.term) > 0 or {{ blank_to_null('written.procedure_text') }} is null as is_known
from written
left join terms
    on {{ names_term('written.plain', 'terms.term') }}
group by written.procedure_text
