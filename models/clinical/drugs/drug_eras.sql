-- rule 4: orders of one ingredient merge into an era while the gap to the latest end so far is short enough;
-- supportive drugs and drugs of other tumours take no part
with exposures as (
    select
        *,
        case
            when drug_class in ('alk_tki', 'other_tki') then {{ parameter('era_gap_days_oral_tki') }}
            else {{ parameter('era_gap_days') }}
        end as longest_gap_days
    from {{ ref('drug_exposures') }}
    where drug_class in ('alk_tki', 'ici', 'chemotherapy', 'anti_angiogenic', 'other_tki')
),

latest_ends as (
    select
        *,
        max(ended_on) over (
            partition by patient_id, ingredient
            order by started_on, order_id
            rows between unbounded preceding and 1 preceding
        ) as latest_end_so_far
    from exposures
),

numbered as (
    select
        *,
        sum(
            case
                when {{ days_between('started_on', 'latest_end_so_far') }} <= longest_gap_days then 0
                else 1
            end
        ) over (
            partition by patient_id, ingredient
            order by started_on, order_id
            rows between unbounded preceding and current row
        ) as era_number
    from latest_ends
)

select
    patient_id,
    ingredient,
    min(started_on) as started_on,
    max(ended_on) as ended_on,
    drug_class,
    generation,
    count(*) as orders
from numbered
group by patient_id, ingredient, drug_class, generation, era_number
