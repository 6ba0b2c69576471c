-- which criteria, strata and measures of protocol.yml the source can say something of
with capabilities as (
    select * from {{ ref('conformed_capabilities') }}
),

entries as (
    {%- for kind, entries in [
        ('criterion', var('protocol')['criteria']),
        ('stratum', var('protocol')['strata']),
        ('measure', var('protocol')['analysis']['measures']),
    ] %}
    {%- set first_kind = loop.first %}
    {%- for entry in entries %}
    {%- if not (first_kind and loop.first) %}
    union all
    {%- endif %}
    select
        '{{ kind }}' as kind,
        '{{ entry.id }}' as entry_id,
        '{{ entry.requires | default("") }}' as requires
    {%- endfor %}
    {%- endfor %}
)

select
    entries.kind,
    entries.entry_id,
    nullif(entries.requires, '') as requires,
    entries.requires = '' or coalesce(capabilities.is_available, false) as is_assessable
from entries
left join capabilities
    on entries.requires = capabilities.capability
