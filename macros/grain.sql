{# The stated grain of a model: its key is complete and occurs once. #}
{% test grain(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}

{# Every raw row in exactly one place. #}
{% test adds_up(model) %}
    select table_name
    from {{ model }}
    where
        raw_rows
        <> current_rows + superseded_rows + duplicate_rows + retracted_rows + quarantined_rows
{% endtest %}
