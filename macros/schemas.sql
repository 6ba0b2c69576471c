{# A model's schema is its folder below models/; seeds are the vocabulary. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.resource_type == 'seed' -%}
        vocabulary
    {%- elif node.resource_type == 'test' -%}
        audit
    {%- else -%}
        {{ node.original_file_path.replace('\\', '/').split('/')[1] }}
    {%- endif -%}
{%- endmacro %}
