{#- The rules of the vocabularies of words as tests. Readers compare a term in lower case and on one line (plain_text). -#}

{# A term stands once in its domain, however it is spelled in upper and lower case: a second row would double what it reads. #}
{% test written_once(model, domain="'all'") %}
    select
        {{ domain }} as domain,
        {{ plain_text('term') }} as term
    from {{ model }}
    group by {{ domain }}, {{ plain_text('term') }}
    having count(*) > 1
{% endtest %}

{# Every word of a domain means one of the domain's `meanings`. A meaning that no reader knows would be read as nothing. #}
{% test means(model, meanings) %}
    select
        domain,
        term
    from {{ model }}
    where not (
        {%- for domain, known in meanings.items() %}
        {% if not loop.first %}or {% endif %}(domain = '{{ domain }}' and meaning in ('{{ known | join("', '") }}'))
        {%- endfor %}
    )
{% endtest %}
