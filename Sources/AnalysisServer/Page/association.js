export class AssociationView { constructor(p){p.replaceChildren('soon')} accepts(){return false} update(){} show(){} showProblem(){} remove(){} }
