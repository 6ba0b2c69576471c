{#- What the drug matcher asks of an engine beyond engine.sql, and the rules of its vocabulary as tests. -#}

{#- One row a position in a text that isn't empty, 1 to its length: an entry of the select list. -#}
{%- macro text_positions(text) -%}{{ adapter.dispatch('text_positions')(text) }}{%- endmacro -%}
{%- macro default__text_positions(text) -%}unnest(range(1, length({{ text }}) + 1)){%- endmacro -%}

{#- How like two texts are: 1 less the edit distance over the longer one's length. A hint for a reader, never a match: DuckDB
    counts bytes, other engines characters. 0 where one is more than twice as long as the other: they are less than half alike, and
    a page pasted into the field would take minutes. -#}
{%- macro edit_similarity(one, other) -%}{{ adapter.dispatch('edit_similarity')(one, other) }}{%- endmacro -%}
{%- macro default__edit_similarity(one, other) -%}
case
    when 2 * least(strlen({{ one }}), strlen({{ other }})) < greatest(strlen({{ one }}), strlen({{ other }})) then 0
    else 1 - cast(levenshtein({{ one }}, {{ other }}) as double) / greatest(strlen({{ one }}), strlen({{ other }}))
end
{%- endmacro -%}

{#- Whether a synonym may stand beside this neighbour: an end of it that is an ASCII letter or digit touches no letter, and
    one that is a digit touches no digit (s1 isn't in cs1001, nor vp16 in vp160). Texts are in lower case; no neighbour is ''. -#}
{%- macro stands_free(end, neighbour) -%}
not (
    ({{ end }} between 'a' and 'z' or {{ end }} between '0' and '9')
    and (
        {{ neighbour }} between 'a' and 'z'
        or ({{ end }} between '0' and '9' and {{ neighbour }} between '0' and '9')
    )
)
{%- endmacro -%}

{#- The text with a term blanked out, everything else in its place: the occurrence at the position. In a text longer than any drug's
    name, a page pasted into the field, it is every occurrence that stands free, for a step each would take minutes. -#}
{%- macro blank_out(text, position, term) -%}
case
    when length({{ text }}) > 400 then {{ blank_out_all(text, term) }}
    else
        substr({{ text }}, 1, {{ position }} - 1)
        || repeat(' ', length({{ term }}))
        || substr({{ text }}, {{ position }} + length({{ term }}))
end
{%- endmacro -%}

{%- macro blank_out_all(text, term) -%}{{ adapter.dispatch('blank_out_all')(text, term) }}{%- endmacro -%}
{%- macro default__blank_out_all(text, term) -%}
regexp_replace(
    {{ text }},
    {{ free_neighbour('substr(' ~ term ~ ', 1, 1)', '^') }} || regexp_escape({{ term }}) || {{ free_neighbour('right(' ~ term ~ ', 1)', '$') }},
    '\1' || repeat(' ', length({{ term }})) || '\2',
    'g'
)
{%- endmacro -%}

{#- A group for what may stand beside an end of a term: see stands_free. -#}
{%- macro free_neighbour(end, border) -%}
case
    when {{ end }} between '0' and '9' then '({{ border }}|[^a-z0-9])'
    when {{ end }} between 'a' and 'z' then '({{ border }}|[^a-z])'
    else '()'
end
{%- endmacro -%}

{# A code stands for one substance, of which only the forms that are named here may share it. #}
{% test one_substance_a_code(model, column_name, forms_of_one) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ column_name }}
    having
        count(*) > 1
        and sum(case when ingredient in ('{{ forms_of_one | join("', '") }}') then 0 else 1 end) > 0
{% endtest %}

{# A name is one of an ingredient or of a regimen, never of two, however it is spelled in upper and lower case. #}
{% test names_one_thing(model) %}
    select term
    from {{ model }}
    group by term
    having
        count(distinct kind) > 1
        or (min(kind) = 'name' and count(distinct ingredient) > 1)
{% endtest %}

{# The matcher looks for terms by their first two characters and blanks them out. #}
{% test can_be_found(model) %}
    select term
    from {{ model }}
    where length(term) < 2 or term <> trim(term)
{% endtest %}

{# Every component of a regimen is an ingredient of the vocabulary. #}
{% test components_exist(model, ingredients) %}
    with components as (
        select
            regimens.term,
            length(regimens.component_ingredients)
            - length(replace(regimens.component_ingredients, '|', '')) + 1 as named,
            count(ingredients.ingredient) as known
        from {{ model }} as regimens
        left join {{ ingredients }} as ingredients
            on instr('|' || regimens.component_ingredients || '|', '|' || ingredients.ingredient || '|') > 0
        where regimens.component_ingredients is not null
        group by regimens.term, regimens.component_ingredients
    )

    select term
    from components
    where named <> known
{% endtest %}
