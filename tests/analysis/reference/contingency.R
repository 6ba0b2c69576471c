# Tables of counts and shares. Rscript contingency.R > contingency.json
suppressMessages(library(jsonlite))

number <- function(x) signif(as.numeric(x), 13)
quantity <- function(id, dataset, spec, r_call, values)
  list(id = id, dataset = dataset, spec = spec, r_call = r_call, values = values, rtol = 1e-6)

lung <- read.csv("lung.csv")
by_ecog <- function(levels) {
  rows <- lung[lung$ph.ecog %in% levels, ]
  table(factor(rows$sex, 2:1), factor(rows$status, 2:1), factor(rows$ph.ecog, levels)) # female, male; dead, alive
}
mantel <- function(x, correct) {
  t <- mantelhaen.test(x, correct = correct)
  list(correct = correct, statistic = number(t$statistic), p = number(t$p.value), odds_ratio = number(t$estimate),
       lower = number(t$conf.int[1]), upper = number(t$conf.int[2]))
}
both <- function(x) list(tables = lapply(seq_len(dim(x)[3]), function(k) list(as.integer(x[1, , k]), as.integer(x[2, , k]))),
                         cases = list(mantel(x, FALSE), mantel(x, TRUE)))
small <- array(c(3, 1, 2, 6, 2, 2, 1, 3, 0, 2, 5, 4), c(2, 2, 3))
near <- array(c(4, 4, 5, 5, 3, 4, 4, 5), c(2, 2, 2)) # nearer to what is expected than the correction

fisher <- function(rows) { x <- do.call(rbind, rows); list(table = rows, p = number(fisher.test(x, workspace = 2e7)$p.value)) }
chi <- function(rows) {
  t <- suppressWarnings(chisq.test(do.call(rbind, rows), correct = FALSE))
  list(table = rows, statistic = number(t$statistic), p = number(t$p.value))
}
ranks <- function(x, y) list(x = x, y = y, p = number(suppressWarnings(wilcox.test(x, y))$p.value))
female <- lung$sex == 2
exact <- function(x, n) {
  t <- binom.test(x, n)$conf.int; w <- suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
  list(x = x, n = n, clopper_pearson = number(t), wilson = number(w))
}
newcombe <- function(x, n, y, m) {
  a <- suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int; b <- suppressWarnings(prop.test(y, m, correct = FALSE))$conf.int
  p <- x / n; q <- y / m
  list(x = x, n = n, y = y, m = m, difference = number(p - q), lower = number(p - q - sqrt((p - a[1])^2 + (b[2] - q)^2)),
       upper = number(p - q + sqrt((a[2] - p)^2 + (q - b[1])^2)))
}

quantities <- list(
  quantity("lung.cmh.ecog", "lung.csv", "death (status 2) by sex (female, male), strata ph.ecog 0, 1, 2", "mantelhaen.test", both(by_ecog(0:2))),
  quantity("made.cmh.small", NULL, "made counts", "mantelhaen.test", both(small)),
  quantity("made.cmh.near", NULL, "made counts, less than 0.5 from what is expected", "mantelhaen.test", both(near)),
  quantity("made.fisher", NULL, "made counts", "fisher.test", list(cases = list(
    fisher(list(c(8, 2), c(1, 5))), fisher(list(c(3, 9), c(7, 4), c(2, 6))), fisher(list(c(12, 3), c(9, 8), c(4, 11), c(1, 2))),
    fisher(list(c(5, 0), c(0, 4), c(3, 3))), fisher(list(c(20, 14), c(13, 22), c(4, 2), c(3, 9), c(1, 1)))))),
  quantity("made.chi_square", NULL, "made counts", "chisq.test(correct = FALSE)", list(cases = list(
    chi(list(c(30, 20), c(25, 40))), chi(list(c(12, 19), c(17, 14), c(20, 26)))))),
  quantity("made.rank_sum", NULL, "exact without ties, else normal", "wilcox.test", list(cases = list(
    ranks(c(1.1, 3.2, 0.4, 7.7, 5.1), c(2.3, 8.8, 9.1, 6.2)),
    ranks(sin(1:30) * 10, cos(1:25) * 8 + 3), ranks(c(1, 2, 2, 3, 9, 9, 11), c(2, 4, 4, 5, 6, 7, 20)),
    ranks(sin(1:60) * 10, cos(1:25) * 8 + 3)))),
  quantity("lung.rank_sum", "lung.csv", "age of females and males", "wilcox.test",
           list(p = number(suppressWarnings(wilcox.test(lung$age[female], lung$age[!female]))$p.value))),
  quantity("made.shares", NULL, "made counts", "binom.test; prop.test(correct = FALSE)", list(cases = list(
    exact(11, 37), exact(0, 10), exact(10, 10), exact(3, 14), exact(1, 1)))),
  quantity("made.risk_difference", NULL, "Newcombe 1998, method 10, from prop.test's intervals; the first case is the article's 56/70 and 48/80",
           "prop.test(correct = FALSE)", list(cases = list(
    newcombe(56, 70, 48, 80), newcombe(9, 10, 3, 10), newcombe(0, 12, 0, 15), newcombe(10, 10, 0, 20))))
)
cat(toJSON(list(generated_by = "contingency.R", R = R.version.string, packages = list(stats = as.character(packageVersion("stats"))),
                quantities = quantities), auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null", null = "null"), "\n")
