-- depends_on: {{ ref('eligibility') }}
-- the contract of `eligibility`: the criteria of protocol.yml, in order, between key and reason
{%- set expected = ['patient_key'] + (var('protocol')['criteria'] | map(attribute='id') | list) + ['excluded_by'] -%}
{%- set found = adapter.get_columns_in_relation(ref('eligibility')) | map(attribute='name') | list if execute else expected %}
select 1 as difference
where '{{ found | join(",") }}' <> '{{ expected | join(",") }}'
