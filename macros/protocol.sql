{# What protocol.yml says, as SQL. #}

{# A number, date or word of the protocol as a literal; a missing limit is null. A text of the shape yyyy-mm-dd is a date. #}
{% macro parameter(name) -%}
    {{ protocol_literal(var('protocol')['parameters'][name]) }}
{%- endmacro %}

{% macro protocol_literal(value) -%}
    {%- if value is none -%}
        null
    {%- elif value is number -%}
        {{ value }}
    {%- else -%}
        {%- set text = value | string -%}
        {%- set literal = "'" ~ (text | replace("'", "''")) ~ "'" -%}
        {%- set is_date = text | length == 10 and text[4] == '-' and text[7] == '-' and (text | replace('-', '')).isdecimal() -%}
        {{ 'cast(' ~ literal ~ ' as date)' if is_date else literal }}
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
