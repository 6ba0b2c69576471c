-- every term that a row of a vocabulary can be found by, under the domain whose texts it reads: what unmapped texts are compared with
with words as (
    select * from {{ ref('hospital_terms') }}
    where domain <> 'deleted'
),

histologies as (
    select * from {{ ref('histology_terms') }}
),

procedures as (
    select * from {{ ref('procedure_terms') }}
),

results as (
    select * from {{ ref('result_terms') }}
),

drugs as (
    select * from {{ ref('drug_terms') }}
)

select
    domain,
    {{ plain_text('term') }} as term
from words

union

select
    'histology' as domain,
    {{ plain_text('term') }} as term
from histologies

union

select
    'procedure' as domain,
    {{ plain_text('term') }} as term
from procedures

union

select
    marker as domain,
    {{ plain_text('term') }} as term
from results

union

select
    'drug' as domain,
    term
from drugs
