{# What protocol.yml says, as SQL. #}

{# A number or date of the protocol as a literal; a missing limit is null. #}
{% macro parameter(name) -%}
    {{ protocol_literal(var('protocol')['parameters'][name]) }}
{%- endmacro %}

{% macro protocol_literal(value) -%}
    {%- if value is none -%}
        null
    {%- elif value is number -%}
        {{ value }}
    {%- else -%}
        cast({{ dbt.string_literal(dbt.escape_single_quotes(value | string)) }} as date)
    {%- endif -%}
{%- endmacro %}

{# A criterion's rule with its {parameters} filled in. #}
{% macro criterion_rule(criterion) -%}
    {%- set rule = namespace(text=criterion.rule) -%}
    {%- for name in var('protocol')['parameters'] -%}
        {%- set rule.text = rule.text | replace('{' ~ name ~ '}', parameter(name)) -%}
    {%- endfor -%}
    ({{ rule.text }})
{%- endmacro %}

{# The earliest of several days, each null where it never came. #}
{% macro earliest_day(events) -%}
    {%- if events | length == 1 -%}
        {{ events[0] }}_day
    {%- else -%}
        least({% for event in events %}{{ event }}_day{% if not loop.last %}, {% endif %}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{% macro months(days) -%}
    cast({{ days }} as double) / {{ parameter('days_per_month') }}
{%- endmacro %}
