{#-
  How a biomarker's result text is taken apart. A text may speak of several stains, and a sign belongs to the stain before
  it; so the text is rewritten until only what it says of one marker is left:

    plain_result         one spelling of signs, bounds, scores and names of fusions; antibody clones are left out
    mark_stains          the marker is §, any other stain or finding ○, a point mutation ●, and a list of stains that names
                         the marker but ends in another ◇
    bind_negations       a negation in front of § makes it ¬ (未检出ALK、ROS1融合)
    own_words            what is said of ○ is left out, with a negation in front of it
    unnegated            statements that hold a negation become ¬ too

  The words of each meaning are patterns for a text in lower case in which every Latin word has a blank on both sides; they
  begin and end with another word, for jinja takes blanks away at a macro's ends.
-#}

{#- Negations in front of what they deny. -#}
{%- macro negation_before() -%}
(?:未检出|未检测到|未检到|未发现|未查见|未见|未测出|没有|阴性 *:| (?:no|without|negative for|absence of|lack of) | (?:negative|not detected|not found) *:)
{%- endmacro -%}

{#- Negations of what was named before, and signs. -#}
{%- macro negation() -%}
未检出|未检测到|未检到|未发现|未查见|未见|未测出|未表达|无表达|不表达|没有|阴性|非阳性|不是阳性|野生型|无(?:融合|重排|异常|断裂|分离|突变|易位|明显|明确)|[(]阴[)]|[(][ ,:]*-+[ ,:)]|[ :]-+ *(?:$|[,;。○)])| (?:negative|neg|undetected|nondetected|absent|absence|without|wildtype|wt) | non *-? *(?:detected|rearranged) | wild *-? *type | not (?:been )?(?:detected|found|identified|seen|present|rearranged|observed|expressed|positive) | no [a-z]|阳性(?:细胞|率|比例|信号)*[ :为约占]*0(?:[.]0+)? ?%
{%- endmacro -%}

{#- Weak, doubtful or pending: no result. -#}
{%- macro doubt() -%}
弱|±|[+] ?/ ?-|- ?/ ?[+]|[(][+]-[)]|[(]-[+][)]|[?]|疑|待|(?:^|[^病发移])灶 *[(]?[+]|灶性|局灶|个别|少量|少数|散在|不确定|不能确定|不除外|不排除|不详|可能|倾向|加做|送检中|检测中|未回报|未出| (?:weak|weakly|pending|equivocal|borderline|indeterminate|inconclusive|uncertain|doubtful|suspicious|suspected|possible|possibly|probable|probably|likely|focal|focally|few|scattered) | low expression |低表达
{%- endmacro -%}

{#- A verdict that is itself weak, doubtful or pending: no result, even with a number beside it. An intensity (weak staining) or a
    class (low expression) is no verdict. -#}
{%- macro doubtful_verdict() -%}
弱 *(?:阳|[(]?[+])|±|可疑|待排|待回报| (?:weak|weakly) positive | (?:pending|equivocal|doubtful|suspicious) |送检中
{%- endmacro -%}

{#- The test could not be read or was not made: no result. -#}
{%- macro not_evaluable() -%}
不能评|无法评|不可评|不宜评|未评估|无法判|不能判|无法检|难以|失败|脱片|未做|未行|未检测(?:$|[^到出])|未测(?:$|[^出])|< ?100 ?个| (?:insufficient|inadequate|unevaluable|cannot|failed|failure|qns) | non *-? *evaluable | too few | not (?:be |been )?(?:evaluable|evaluated|assessable|assessed|done|performed|tested|available|applicable|determined|interpretable) |不足
{%- endmacro -%}

{%- macro positive() -%}
阳性|[(]阳[)]|[(][ ,:]*[0-9]?[+]+|[ :][0-9]?[+]+ *(?:$|[,;。○)(])| (?:positive|pos) | high expression |高表达
{%- endmacro -%}

{#- Something was found. -#}
{%- macro detected() -%}
检测到|检测出| (?:detected|identified|found|present) |检出
{%- endmacro -%}

{%- macro fusion() -%}
重排|易位|转位| (?:fusions?|fused|rearrangements?|rearranged|translocations?|translocated) |融合
{%- endmacro -%}

{#- Stains and genes of lung pathology. -#}
{%- macro stain_names() -%}
alk|pdl1|tps|cps|ic|pd1|pdl2|egfr|ros1|ret|met|cmet|kras|nras|hras|braf|her2|erbb2|ntrk[1-3]?|nrg1|pik3ca|tp53|rb1|stk11|keap1|fgfr[1-4]?|vegfr?[1-3]?|ckit|ttf1|napsina?|ck[0-9]+|cd[0-9]+|p[0-9]{2}|ki67|syn|cga|chga|insm1|sox[0-9]+|wt1|smarca4|brg1|muc1|ema|vimentin|s100|desmin|calretinin|tmb|msi|mss|mlh1|msh[26]|pms2|dmmr|pmmr
{%- endmacro -%}

{#- One spelling. Bounds stand behind their score (1%<=tps<50% becomes tps>=1%<50%), TC is TPS, SP142's categories TC0 to TC3
    are their percentages, and a variant (E13:A20) or an allele frequency is as good as a plus sign. -#}
{%- macro plain_result(column) -%}
{%- set number = '([0-9]+(?:[.][0-9]+)?)' -%}
{%- set score = '(tps|tc|cps|ic|pdl1(?: ?[(]?(?:tps|tc|cps)[)]?)?)' -%}
{%- set partner = '(?:eml4|kif5b|klc1|tfg|tpr|strn|hip1|cltc|dctn1|ptpn3|birc6|sqstm1|crim1|npm1?|tpm[34]|msn|ranbp2)' -%}
{#- the signs of the rewriting itself mean nothing in a report -#}
{%- set text = "translate(' ' || " ~ plain_text(column) ~ " || ' ', '[]【】〔〕〜∼∶§○●◇¬', '()()()~~:     ')" -%}
{{ rewrite(text, [
    ['未见(?:明确|明显)?(?:肿瘤|癌|瘤|恶性)(?:细胞|组织|成分) *([,;。)]|$)', '不能评估{1}'],
    [' no (?:viable |residual )?tumou?r (?:cells?|tissue) *(?:seen|present|identified|found)? *([,;.。)]|$)', ' insufficient {1}'],
    ['≤|≦|⩽|=<', '<='], ['≥|≧|⩾|=>', '>='], ['([<>]) +=', '{1}='],
    ['(?:小于或?等于|不超过|不大于|不高于|至多|at most|up to) *([0-9])', '<={1}'],
    ['(?:大于或?等于|不低于|不少于|不小于|至少|at least) *([0-9])', '>={1}'],
    ['(?:小于|少于|低于|不足|less than|fewer than|below) *([0-9])', '<{1}'],
    ['(?:大于|多于|高于|超过|more than|greater than|above|over) *([0-9])', '>{1}'],
    [number ~ ' ?% ?(?:及|及其|或)?以上', '>={1}%'], [number ~ ' ?% ?以下', '<{1}%'],
    ['ventana|dako|pharmdx|optiview', ''], ['2p2[1-4](?:[.][0-9]+)?', ''],
    ['[- ]*(?:22c3|28-8|sp142|sp263|e1l3n|73-10|d5f3|5a4|1a4|zr305)(?: *(?:抗体|克隆|antibody|clone|assay))?', ''],
    ['pd[-_ ]?l[-_ ]?1', 'pdl1'], ['pd[-_ ]?1', 'pd1'], ['(?:c-?)?ros-?1', 'ros1'], ['ttf-1', 'ttf1'], ['ki-67', 'ki67'],
    ['her-?2(?:/neu)?', 'her2'], ['c-met', 'cmet'], ['c-kit', 'ckit'], ['wt-1', 'wt1'], ['napsin[- ]a', 'napsina'], ['ck5/6', 'ck56'],
    ['anaplastic lymphoma kinase|间变性淋巴瘤激酶', 'alk'],
    ['肿瘤细胞阳性(?:比例|率|百分比)(?:分数|评分)?|肿瘤(?:细胞)?比例(?:分数|评分)|tumou?r proportion score', ' tps '],
    ['(?:肿瘤浸润)?免疫细胞(?:阳性)?(?:比例|率|百分比)?(?:分数|评分)?|immune cells?', ' ic '],
    ['[联综]合阳性(?:比例|分数|评分)*|combined (?:positive|proportion) score', ' cps '],
    ['e[0-9]{1,2}[ab]?(?:/[ab])?(?:ins[0-9]+)? ?[:;-]+ ?a[0-9]{2}', '(+)'],
    ['(?:丰度|突变频率|频率|allele (?:frequency|fraction)|abundance|vaf|maf)[^0-9,;。]{0,6}[0-9.]+ ?%', '(+)'],
    [partner ~ '(?: ?[(][^()]{0,20}[)])?(?: ?exon ?[0-9]+)? ?[-:/_;~]* ?alk|[a-z0-9]+::alk|alk ?[-:/]+ ?eml4', 'alk 融合'],
    ['(^|[^a-z])tc0([^0-9.%]|$)', '{1}tc <1%{2}'], ['(^|[^a-z])tc1([^0-9.%]|$)', '{1}tc >=1% <5%{2}'],
    ['(^|[^a-z])tc2([^0-9.%]|$)', '{1}tc >=5% <50%{2}'], ['(^|[^a-z])tc3([^0-9.%]|$)', '{1}tc >=50%{2}'],
    [number ~ ' ?%? ?<= ?' ~ score, '{2}>={1}%'], [number ~ ' ?%? ?< ?' ~ score, '{2}>{1}%'],
    [number ~ ' ?%? ?>= ?' ~ score, '{2}<={1}%'], [number ~ ' ?%? ?> ?' ~ score, '{2}<{1}%'],
    ['(?:阈值|界值|临界值|参考值|判读标准|cut-?off)[^0-9,;。)]{0,8}[0-9.]+ ?%', ' '],
    ['(?:tps|tc)? ?[<>]=? ?[0-9.]+ ?% ?(?:为|视为|判为|即为|定义为|is |considered )[^,;。)]*', ' '],
    ['(tps|cps|alk)([0-9])', '{1} {2}'], ['(^|[^a-z])(tc|ic)([0-9])', '{1}{2} {3}'],
    ['[(][ ,;:/]*[)]', ' '], ['([a-z][a-z0-9]*)', ' {1} '], [' tc ', ' tps '],
]) }}
{%- endmacro -%}

{#- `own` are the marker's names as [pattern, sign]. -#}
{%- macro mark_stains(text, own) -%}
{%- set also = ' *(?:、|,|/|&|和|及|与|或|and|or) *' -%}
{%- set finding = '(?:基因)? *(?:融合|重排|突变|易位|fusions?|rearrangements?|mutations?)' -%}
{%- set of_mutation = '(?:[ :(.,-]|基因|点|耐药|继发|激酶区|突变|外显子|第|号|[0-9]|p|c|exon|mutations?|resistance|kinase|domain|secondary|acquired)*' -%}
{{ rewrite(text, own + [
    [' (?:' ~ stain_names() ~ ') ', '○'],
    [' (?:[a-z][0-9]{3}[a-z]|[a-z][0-9]{4}[a-z]?|[a-z][0-9]{3,4}(?:del|ins|fs)[a-z0-9]*) ', '●'],
    ['扩增|多拷贝|拷贝数?(?:增加|增多)?|多体| (?:amplification|amplified|polysomy|polyploidy) | copy +number ', '●'],
    [' +', ' '],
    ['其余|其他|其它|余(?:均|未|阴)|(?:阳性|阴性|内|质控)对照|建议| (?:positive|negative) controls? | (?:others?|recommend|recommended|suggest|suggested) ', '○'],
    ['(?:(?:融合|重排|易位)[/、]?)+(?:基因)?(?:突变)?(?:检测|检查|分析|探针|试剂盒?)([^到出]|$)', '{1}'],
    [' (?:fusion|rearrangement|translocation)s? (?:gene )?(?:tests?|testing|analysis|assay|probe|study|status|results?) ', ' '],
    ['§' ~ of_mutation ~ '●', '●'],
    ['(?:○' ~ also ~ ')+§', '§'],
    ['§(?:' ~ also ~ '○)+ *(?:均|都|both|all)', '§'],
    ['§([^,;。:○§●()+阳阴]*)(?:' ~ also ~ '[○●] *' ~ finding ~ ')+', '§{1}'],
    ['§ *(?:' ~ also ~ '○)+', '◇'],
    ['§', '§ '],
    ['[,;。 ]*(?:但是?| however | but )', ', '],
]) }}
{%- endmacro -%}

{%- macro bind_negations(text) -%}
{{ rewrite(text, [
    ['(^|[,;。:]|[)] )([^,;。:○§◇●]*)' ~ negation_before() ~ '[^,;。○§◇●]*[§◇]', '{1}{2}¬'],
    ['无(?:明显|明确)? *[§◇]', '¬'],
    ['(?: positive for |阳性 *:)[^,;。○§◇●]*§', '§ (+)'],
    ['(^|[^未])(?:检出|检测到|检测出)[^,;。:○§◇●]*§', '{1}§ 检出'],
]) }}
{%- endmacro -%}

{#- 未检出EGFR突变及ALK融合: the negation goes on over other stains, unless the marker has a sign of its own. -#}
{%- macro bind_listed_negations(text) -%}
case
    when {{ matches(text, '§[^,;。○§◇●]*(?:' ~ positive() ~ '|' ~ detected() ~ ')') }} then {{ text }}
    else {{ regex_replace_all(text, '(^|[,;。:]|[)] )([^;。:○§◇●]*)' ~ negation_before() ~ '[^;。●]*[§◇]', '{1}{2}¬') }}
end
{%- endmacro -%}

{#- An ALK mutation, named or not, is no rearrangement: what is said of it is left out too (rule 1). -#}
{%- macro own_words(text) -%}
{{ rewrite(text, [
    ['§ *(?:基因)? *点?(?:突变|变异| mutations? )', '●'],
    ['●', '○'],
    ['(^|[,;。])[^,;。○§◇¬]*' ~ negation_before() ~ '[^,;。○§◇¬]*○', '{1}○'],
    ['([ ),;。])(?:未检出|未检测到|未发现|未查见|未见|无)○', '{1}○'],
    [' (?:no|without|negative for) [^,;。○§◇¬]{0,20}○', ' ○'],
    ['(^|[^未])(?:检出|检测到|检测出| positive for )[^,;。:○§◇¬]*○', '{1}○'],
    ['○[^§◇¬]*', '○'],
    ['◇[ :]*[(][^)]*[)]', '○'],
    ['◇[^§◇¬○]*(?:' ~ negation() ~ ')', '¬'],
    ['◇[^§◇¬]*', '○'],
]) }}
{%- endmacro -%}

{%- macro unnegated(text) -%}
{{ rewrite(text, [['§[^§¬]*(?:' ~ negation() ~ ')[^§¬]*', '¬'], ['¬[^§]*', '¬']]) }}
{%- endmacro -%}
