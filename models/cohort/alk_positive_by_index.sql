-- whose positive ALK test is known: by the index date, or at any time where there is no index
with index_lines as (
    select * from {{ ref('index_lines') }}
),

tests as (
    select * from {{ ref('alk_tests') }}
    where is_positive
)

select
    tests.patient_id,
    min(tests.tested_on) as first_positive_on
from tests
left join index_lines
    on tests.patient_id = index_lines.patient_id
where index_lines.index_date is null or tests.tested_on <= index_lines.index_date
group by tests.patient_id
