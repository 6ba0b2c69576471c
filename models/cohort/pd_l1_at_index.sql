-- rule 10: the latest evaluable test up to shortly after the index. Its ties: positive before negative, the highest number,
-- a number before none, the higher level, a level before none, a re-biopsy specimen. `pd_l1_source` may be any, re_biopsy (of a
-- re-biopsy specimen) or archival (of no re-biopsy specimen)
with index_lines as (
    select * from {{ ref('index_lines') }}
),

tests as (
    select * from {{ ref('pd_l1_tests') }}
),

re_biopsies as (
    select * from {{ ref('re_biopsies') }}
),

ranked as (
    select
        tests.*,
        re_biopsies.specimen_id is not null as is_from_rebiopsy,
        row_number() over (
            partition by tests.patient_id
            order by
                tests.tested_on desc nulls last,
                case when tests.status = 'positive' then 0 else 1 end,
                tests.score desc nulls last,
                case tests.level when '>=50' then 0 when '1-49' then 1 when '<1' then 2 else 3 end,
                case when re_biopsies.specimen_id is not null then 0 else 1 end,
                tests.test_id
        ) as choice
    from tests
    inner join index_lines
        on tests.patient_id = index_lines.patient_id
        and tests.tested_on <= {{ add_days('index_lines.index_date', parameter('pd_l1_after_index_days')) }}
    left join re_biopsies
        on tests.patient_id = re_biopsies.patient_id
        and tests.specimen_id = re_biopsies.specimen_id
    where
        {{ parameter('pd_l1_source') }} = 'any'
        or {{ parameter('pd_l1_source') }} = case when re_biopsies.specimen_id is not null then 're_biopsy' else 'archival' end
)

select
    patient_id,
    tested_on,
    status,
    level,
    score,
    is_from_rebiopsy
from ranked
where choice = 1
