{%- set criteria = var('protocol')['criteria'] -%}
-- the criteria of protocol.yml, one boolean each: null where it doesn't apply for lack of an index line, or where the
-- source can't say what it needs (it then excludes nobody)
with candidates as (
    select * from {{ ref('candidates') }}
),

assessability as (
    select * from {{ ref('protocol_assessability') }}
),

assessable as (
    select
        {%- for criterion in criteria %}
        bool_or(entry_id = '{{ criterion.id }}' and is_assessable) as {{ criterion.id }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from assessability
    where kind = 'criterion'
),

evaluated as (
    select
        candidates.patient_id,
        candidates.is_in_eligibility,
        {%- for criterion in criteria %}
        case
            when not assessable.{{ criterion.id }} then null
            {%- if criterion.applies_to == 'index' %}
            when candidates.index_date is null then null
            {%- endif %}
            else coalesce({{ criterion_rule(criterion) }}, false)
        end as {{ criterion.id }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from candidates
    cross join assessable
)

select
    evaluated.*,
    case
        {%- for criterion in criteria %}
        when not evaluated.{{ criterion.id }} then '{{ criterion.id }}'
        {%- endfor %}
    end as excluded_by
from evaluated
