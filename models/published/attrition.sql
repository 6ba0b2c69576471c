{%- set criteria = var('protocol')['criteria'] -%}
-- each patient leaves at the first criterion that fails, so that the table can't drift from the logic
with criteria as (
    select * from {{ ref('criteria') }}
),

assessability as (
    select * from {{ ref('protocol_assessability') }}
    where kind = 'criterion'
),

steps as (
    select
        0 as step,
        'source_population' as criterion,
        'Source population' as label
    {%- for criterion in criteria %}
    union all
    select
        {{ loop.index }} as step,
        '{{ criterion.id }}' as criterion,
        {{ dbt.string_literal(dbt.escape_single_quotes(criterion.label)) }} as label
    {%- endfor %}
),

population as (
    select count(*) as patients from criteria
),

exclusions as (
    select
        excluded_by,
        count(*) as patients
    from criteria
    where excluded_by is not null
    group by excluded_by
),

counted as (
    select
        steps.step,
        steps.criterion,
        -- what the source can't say excludes nobody, and the table says so
        case
            when coalesce(assessability.is_assessable, true) then steps.label
            else steps.label || ' (not assessable)'
        end as label,
        coalesce(exclusions.patients, 0) as patients_excluded
    from steps
    left join assessability on steps.criterion = assessability.entry_id
    left join exclusions on steps.criterion = exclusions.excluded_by
)

select
    cast(counted.step as integer) as step,
    counted.criterion,
    counted.label,
    cast(population.patients - sum(counted.patients_excluded) over (
        order by counted.step
        rows between unbounded preceding and current row
    ) as bigint) as patients_left,
    cast(counted.patients_excluded as bigint) as patients_excluded
from counted
cross join population
