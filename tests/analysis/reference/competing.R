# Competing risks: what r_survival.json has no values of. Rscript competing.R > competing.json
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})

lung <- read.csv("lung.csv")
lung$cause <- ifelse(lung$status == 1, 0, ifelse(lung$age %% 3 == 0, 2, 1))
coarse <- transform(lung, time = ceiling(time / 60))
ovarian <- read.csv("ovarian.csv")
ovarian <- data.frame(time = ovarian$futime, cause = ifelse(ovarian$fustat == 0, 0, ifelse(floor(ovarian$age) %% 2 == 0, 2, 1)),
                      rx = ovarian$rx, age = ovarian$age)
made <- "cause 0 = censored; of the deaths, 2 where age %% 3 == 0 (lung; ovarian: floor(age) %% 2 == 0), else 1"
made_coarse <- paste0(made, "; time = ceiling(time / 60), for ties")
number <- function(x) signif(as.numeric(x), 13)

incidence <- function(data, times) {
  at <- function(scale) summary(survfit(Surv(time, factor(cause)) ~ 1, data = data, conf.type = scale), times = times)
  plain <- at("plain")
  state <- function(k) {
    limits <- lapply(c("log-log" = "log-log", "log" = "log", "plain" = "plain"), function(scale) {
      s <- at(scale); list(lower = number(s$lower[, k]), upper = number(s$upper[, k])) })
    c(list(incidence = number(plain$pstate[, k]), se = number(plain$std.err[, k])), limits)
  }
  list(times = times, n_risk = number(plain$n.risk[, 1]), event_free = number(plain$pstate[, 1]), cause1 = state(2), cause2 = state(3))
}

gray <- function(data, group, ...) {
  tests <- cuminc(data$time, data$cause, data[[group]], ...)$Tests
  row <- function(k) list(stat = number(tests[k, "stat"]), p = number(tests[k, "pv"]), df = number(tests[k, "df"]))
  list(cause1 = row("1"), cause2 = row("2"))
}

fine_gray <- function(data, columns, cause) {
  x <- as.matrix(data[columns])
  fit <- crr(data$time, data$cause, x, failcode = cause, gtol = 1e-12, maxiter = 50)
  stopifnot(fit$converged)
  table <- summary(fit)
  list(n = nrow(data), events = sum(data$cause == cause), loglik = number(fit$loglik), loglik_null = number(fit$loglik.null),
       covariance = lapply(seq_along(columns), function(i) number(fit$var[i, ])),
       coefficients = setNames(lapply(seq_along(columns), function(i) list(
         coef = number(fit$coef[i]), se = number(sqrt(fit$var[i, i])), hr = number(table$conf.int[i, 1]),
         hr_lower = number(table$conf.int[i, 3]), hr_upper = number(table$conf.int[i, 4]),
         z = number(table$coef[i, 4]), p = number(2 * pnorm(-abs(table$coef[i, 4]))))), columns))
}

cause_specific <- function(data, columns, cause) {
  fit <- coxph(as.formula(paste("Surv(time, cause ==", cause, ") ~", paste(columns, collapse = "+"))), data = data,
               control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100))
  list(coef = number(coef(fit)), se = number(sqrt(diag(vcov(fit)))))
}

quantity <- function(id, dataset, spec, r_call, values)
  list(id = id, dataset = dataset, spec = spec, r_call = r_call, values = values, rtol = 1e-6)
aj <- "survfit(Surv(time, factor(cause)) ~ 1, conf.type=); se by the infinitesimal jackknife"
ecog <- lung[!is.na(lung$ph.ecog) & lung$ph.ecog < 3, ]
multi <- c("sex", "age", "ph.ecog")
complete <- lung[complete.cases(lung[multi]), ]
complete_coarse <- coarse[complete.cases(coarse[multi]), ]
days <- c(5, 100, 200, 365, 500, 700, 883)

quantities <- list(
  quantity("lung.cr.aj", "lung.csv", made, aj, incidence(lung, days)),
  quantity("lung.cr.aj.coarse", "lung.csv", made_coarse, aj, incidence(coarse, c(1, 4, 8, 12, 15))),
  quantity("lung.cr.aj.sex1", "lung.csv", paste0(made, "; sex == 1"), aj, incidence(lung[lung$sex == 1, ], days[2:7])),
  quantity("lung.cr.aj.sex2", "lung.csv", paste0(made, "; sex == 2"), aj, incidence(lung[lung$sex == 2, ], days[1:6])),
  quantity("ovarian.cr.aj", "ovarian.csv", made, aj, incidence(ovarian, c(200, 365, 500, 800))),
  quantity("lung.cr.gray.sex", "lung.csv", made, "cmprsk::cuminc(time, cause, sex)$Tests", gray(lung, "sex")),
  quantity("lung.cr.gray.sex.rho1", "lung.csv", made, "cuminc(rho = 1)", gray(lung, "sex", rho = 1)),
  quantity("lung.cr.gray.sex.coarse", "lung.csv", made_coarse, "cuminc(time, cause, sex)$Tests", gray(coarse, "sex")),
  quantity("lung.cr.gray.sex.strat_ecog", "lung.csv", paste0(made, "; ph.ecog 0, 1, 2"), "cuminc(strata = ph.ecog)",
           gray(ecog, "sex", strata = ecog$ph.ecog)),
  quantity("lung.cr.gray.ecog.k3", "lung.csv", paste0(made, "; ph.ecog 0, 1, 2"), "cuminc(time, cause, ph.ecog)$Tests", gray(ecog, "ph.ecog")),
  quantity("lung.cr.gray.ecog.k3.rho0.5", "lung.csv", paste0(made, "; ph.ecog 0, 1, 2"), "cuminc(rho = 0.5)", gray(ecog, "ph.ecog", rho = 0.5)),
  quantity("ovarian.cr.gray", "ovarian.csv", made, "cuminc(time, cause, rx)$Tests", gray(ovarian, "rx")),
  quantity("lung.cr.finegray.cause1", "lung.csv", paste0(made, "; complete sex, age, ph.ecog"), "cmprsk::crr(failcode = 1, gtol = 1e-12)",
           fine_gray(complete, multi, 1)),
  quantity("lung.cr.finegray.cause2", "lung.csv", paste0(made, "; complete sex, age, ph.ecog"), "cmprsk::crr(failcode = 2, gtol = 1e-12)",
           fine_gray(complete, multi, 2)),
  quantity("lung.cr.finegray.coarse", "lung.csv", paste0(made_coarse, "; complete sex, age, ph.ecog"), "cmprsk::crr(failcode = 1, gtol = 1e-12)",
           fine_gray(complete_coarse, multi, 1)),
  quantity("ovarian.cr.finegray", "ovarian.csv", made, "cmprsk::crr(failcode = 1, gtol = 1e-12)", fine_gray(ovarian, c("rx", "age"), 1)),
  quantity("lung.cr.causespecific", "lung.csv", paste0(made, "; complete sex, age, ph.ecog"), "coxph(Surv(time, cause == 1) ~ sex + age + ph.ecog)",
           cause_specific(complete, multi, 1))
)
cat(toJSON(list(generated_by = "competing.R", R = R.version.string,
                packages = list(survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk"))),
                quantities = quantities), auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null"), "\n")
